"""Figures: one way of accompanying in each module, exported as FIGURE."""
