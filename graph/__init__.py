"""The state machine: state, gate, nodes, the one place where they are wired, and batches over it."""
