"""Text becomes intents, entities and commands of a closed set."""
