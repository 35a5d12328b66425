"""The command line: options, help, printing and exit codes."""
