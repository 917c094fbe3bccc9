"""Pure decisions: what is observed and the settings in, a plan out."""
