"""Language model backends: one string names a model, one call asks it for a checked answer.

Entry points: `agents.llm.factory.build_llm` and `agents.llm.answer.ask`. Nothing heavy is imported here.
"""
