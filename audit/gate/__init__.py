"""Does the gate still keep its promise where labels are missing, and are products still what they were."""
