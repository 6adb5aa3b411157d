"""What people decide about labels: the queue of cases to look at, and the corrections that come out of it."""
