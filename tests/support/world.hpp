// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/runtime/session.hpp"

/// Of the test program (tests/support/mpi_main.cpp).
bailiwick::Session& test_session();
const bailiwick::Communicator& test_world();
