"""The stages of the streaming graph that a batch run does not have."""
