// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

/// Makes an HDF5 file at `path` as lines of text say, so that a fuzzer of text meets what readers
/// of HDF5 must refuse, and not the checksums over HDF5's own structure:
///   group PATH
///   attribute PATH NAME TYPE SHAPE VALUE        on the object PATH
///   data PATH TYPE SHAPE VALUE
/// TYPE: f4 f8 F8 (big-endian) i8 u1 u8 sN (string, NUL-padded) tN (space-padded) v (of any length)
/// e (enumeration) c (compound). SHAPE: - (scalar) or 3x2. VALUE: ~ (written by nobody), # and
/// numbers, or text whose bytes are repeated. Lines that make no sense are passed over.
void build_h5(const std::string& path, const std::string& lines);
