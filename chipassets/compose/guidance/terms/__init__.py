"""Terms: one bias of the model's choice in each module, exported as TERM."""
