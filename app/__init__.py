"""The command line: options in, results on stdout, progress and logs on stderr."""
