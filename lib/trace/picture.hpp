// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/trace/layout.hpp"
#include "lib/trace/trace.hpp"

namespace bailiwick {

/// A box of the picture: its text, the first line in bold, and all of it for who points at it.
struct PictureBox {
  std::string looks;  ///< classes of the style sheet
  std::vector<std::string> lines;
  std::string title;
};

/// What a trace looks like: a box for a domain's part in a session, one for a session, one for what
/// it made. What nobody would look for, config, program, decisions, is left to the text.
struct Picture {
  std::vector<PictureBox> boxes;
  std::vector<LayoutEdge> edges;
};

Picture picture_of(const Trace& trace);

}  // namespace bailiwick
