"""Seeds by hashed keys: every block of replicates has one generator, found from what it is and from nothing else.

A key is any plain value (numbers, strings, ``None``, sequences, mappings with string keys). It is written in a
canonical form, hashed, and passed to `numpy.random.SeedSequence` as exactly four 32-bit words; a variable number of
words would let different keys collide. The encoding and the streams are pinned by golden tests: changing either one
changes every result of the project.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixtheory._validation import check_integer

__all__ = ["block_generator", "block_sequence", "canonical", "check_root", "digest", "key_words"]

ROOT_BITS = 128
_WORD = 2**32


def _encode(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None:
        return ["none"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        if math.isnan(value):
            return ["float", "nan"]
        # float.hex is exact; -0.0 and 0.0 are one number, so they are one key
        return ["float", (value if value else 0.0).hex()]
    if isinstance(value, str):
        return ["str", value]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, np.ndarray):
        return ["array", list(value.shape), [_encode(v) for v in value.ravel().tolist()]]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"keys of a mapping must be str to be a seed key, got {list(value)!r}")
        return ["map", [[key, _encode(value[key])] for key in sorted(value)]]
    if isinstance(value, Sequence):
        return ["list", [_encode(v) for v in value]]
    raise TypeError(
        "a key must be made of numbers, str, bytes, None, sequences and mappings, "
        f"got {value!r} of type {type(value).__name__}"
    )


def canonical(value: Any) -> str:
    """Return the canonical text of a plain value (typed JSON).

    Types are part of the key (``1``, ``1.0`` and ``True`` differ), NumPy scalars count as Python's, lists as tuples,
    ``-0.0`` as ``0.0``, and mappings are sorted by name.

    Raises
    ------
    TypeError
        If the value holds anything but numbers, str, bytes, None, arrays, sequences and mappings with str keys.

    Examples
    --------
    >>> canonical({"b": 0.5, "a": 1})
    '["map",[["a",["int","1"]],["b",["float","0x1.0000000000000p-1"]]]]'
    """
    return json.dumps(_encode(value), separators=(",", ":"), ensure_ascii=True)


def digest(value: Any) -> bytes:
    """Return the 16-byte BLAKE2b digest of ``canonical(value)``."""
    return hashlib.blake2b(canonical(value).encode(), digest_size=16).digest()


def key_words(value: Any) -> tuple[int, int, int, int]:
    """Return the four 32-bit words that stand for a key in a seed sequence.

    Examples
    --------
    >>> len(key_words("variance_distortion"))
    4
    """
    words = np.frombuffer(digest(value), dtype="<u4")
    return int(words[0]), int(words[1]), int(words[2]), int(words[3])


def check_root(root: Any, name: str = "seed") -> int:
    """Return the root seed if it is an integer in [0, 2**128)."""
    number = check_integer(name, root, low=0)
    if number >= 2**ROOT_BITS:
        # more than four words would shift the keys behind it in the seed sequence
        raise ValueError(f"{name} must be an integer below 2**{ROOT_BITS}, got {number}")
    return number


def block_sequence(root: int, study: Any, seed_key: Any, index: int) -> np.random.SeedSequence:
    """Return the seed sequence of block `index` of one cell of a study.

    Parameters
    ----------
    root : int
        Root seed of the run, in [0, 2**128).
    study, seed_key : plain values
        Key of the study and of the cell's data parameters; each becomes four words.
    index : int
        Block index, in [0, 2**64); it becomes two words.

    Raises
    ------
    ValueError, TypeError
        If `root` or `index` is out of range or a key cannot be encoded.
    """
    check_root(root)
    check_integer("index", index, low=0, high=2**64 - 1)
    spawn_key = (*key_words(study), *key_words(seed_key), index % _WORD, index // _WORD)
    return np.random.SeedSequence(entropy=root, spawn_key=spawn_key)


def block_generator(root: int, study: Any, seed_key: Any, index: int) -> np.random.Generator:
    """Return the generator (PCG64DXSM) of block `index` of one cell of a study.

    Examples
    --------
    >>> a = block_generator(0, "study", {"n": 10}, 3)
    >>> b = block_generator(0, "study", {"n": 10}, 3)
    >>> bool(a.random() == b.random())
    True
    """
    return np.random.Generator(np.random.PCG64DXSM(block_sequence(root, study, seed_key, index)))
