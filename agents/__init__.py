"""The three agents: domain expert, summarizer, general expert. Each is callable on a list of cases."""
