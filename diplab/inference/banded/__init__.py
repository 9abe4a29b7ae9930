"""Statistics of variables known only by band: bounds, laws fitted to the bands, values imputed within them."""
