"""Source files: what one YAML file may say, how it is read, checked, merged and packed for workers."""
