"""Statistics of variables known only by band: bounds, distributions fitted to the bands, values imputed within them."""
