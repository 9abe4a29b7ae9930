"""Statistics of banded variables: bounds, fitted distributions, and imputation within bands."""
