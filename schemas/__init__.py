"""What flows through the pipeline and what is stored. No Beam, and nothing of the other packages."""
