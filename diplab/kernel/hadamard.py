"""Hadamard matrices: signs whose rows are orthogonal, so that half-samples are balanced over strata.

Constructions: doubling (Sylvester 1867) and the two of Paley (1933), over the integers modulo a prime and over the
field of its square. They give every order up to 88, and most multiples of four above.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

__all__ = ["hadamard"]

Signs = NDArray[np.int8]


def hadamard(least: int) -> Signs:
    """Return a Hadamard matrix of the smallest order these constructions reach from `least` on.

    Parameters
    ----------
    least : int
        Smallest order wanted, at least 1.

    Returns
    -------
    array of int8, shape (order, order)
        1 and -1; the first row and the first column are 1.

    Examples
    --------
    >>> hadamard(3)
    array([[ 1,  1,  1,  1],
           [ 1, -1,  1, -1],
           [ 1,  1, -1, -1],
           [ 1, -1, -1,  1]], dtype=int8)
    """
    for order in itertools.count(least):
        matrix = _of_order(order)
        if matrix is not None:
            normal: Signs = matrix * matrix[:, :1] * matrix[0] * matrix[0, 0]
            return normal
    raise AssertionError  # doubling reaches every power of two


def _of_order(order: int) -> Signs | None:
    if order <= 2:
        return np.array([[1, 1], [1, -1]], dtype=np.int8)[:order, :order]
    if order % 4:
        return None
    # a power of two by doubling first: it is what other software makes of them
    if order & (order - 1) and (first := _first_paley(order)) is not None:
        return first
    half = _of_order(order // 2)
    if half is not None:
        return np.kron(np.array([[1, 1], [1, -1]], dtype=np.int8), half)
    return _second_paley(order)


def _first_paley(order: int) -> Signs | None:
    """The matrix I + S of order q + 1, where q = 3 modulo 4 is prime."""
    characters = _characters(order - 1) if order % 4 == 0 else None
    if characters is None:
        return None
    bordered = np.ones((order, order), dtype=np.int8)
    bordered[1:, 1:] = characters
    bordered[1:, 0] = -1
    bordered[0, 0] = 0
    matrix: Signs = bordered + np.eye(order, dtype=np.int8)
    return matrix


def _second_paley(order: int) -> Signs | None:
    """The matrix of order 2 (q + 1), where q = 1 modulo 4 is a prime or its square."""
    half = order // 2
    characters = _characters(half - 1) if half % 4 == 2 else None
    if characters is None:
        return None
    bordered = np.ones((half, half), dtype=np.int8)
    bordered[1:, 1:] = characters
    bordered[0, 0] = 0
    inner, corner = np.array([[1, 1], [1, -1]]), np.array([[1, -1], [-1, -1]])
    return (np.kron(bordered, inner) + np.kron(np.eye(half), corner)).astype(np.int8)


def _characters(size: int) -> Signs | None:
    """Quadratic character of every difference of two elements of a field: 1 a square, -1 not, 0 for zero."""
    root = round(size**0.5)
    if _is_prime(size):
        place = np.arange(size)
        differences: Signs = _legendre(size)[(place[:, None] - place) % size]
        return differences
    if root * root != size or root == 2 or not _is_prime(root):
        return None
    signs = _legendre(root)
    outside = int(np.flatnonzero(signs == -1)[0])
    first, second = np.divmod(np.arange(size), root)
    a, b = first[:, None] - first, second[:, None] - second
    # a + b sqrt(outside) is a square exactly where its norm is one in the prime field
    norms: Signs = signs[(a * a - outside * b * b) % root]
    return norms


def _legendre(prime: int) -> Signs:
    signs = np.full(prime, -1, dtype=np.int8)
    signs[np.arange(1, prime) ** 2 % prime] = 1
    signs[0] = 0
    return signs


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))
