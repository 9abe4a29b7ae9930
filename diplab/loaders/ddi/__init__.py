"""DDI Codebook: what archives publish of a survey."""
