"""Which library a PyTorch multiplies matrices with."""

import ctypes
import re

import torch


def library():
    """MKL, which PyTorch's own packages hold, or OpenBLAS with the kernels that it chose for this processor.

    Ends the program where PyTorch has neither: the reference BLAS makes no fair side of a comparison. A system's packages
    come with that one.
    """
    if torch.backends.mkl.is_available():
        return "MKL"
    with open("/proc/self/maps") as maps:
        files = sorted(set(re.findall(r"/\S*(?:blas|lapack)\S*", maps.read())))
    for file in files:
        loaded = ctypes.CDLL(file)
        if hasattr(loaded, "openblas_get_corename"):
            loaded.openblas_get_corename.restype = ctypes.c_char_p
            return "OpenBLAS, " + loaded.openblas_get_corename().decode()
    raise SystemExit(
        f"PyTorch computes with {', '.join(files) or 'no BLAS'}, many times slower than OpenBLAS, which makes"
        " no fair baseline: install libopenblas0-serial, name its folder in BASELINE_LIBRARY_PATH, or name a Python"
        " with PyTorch's own packages as the benchmark's third argument"
    )
