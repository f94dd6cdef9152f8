// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/verify/document_finder.hpp"
#include "lib/verify/verified_chain.hpp"

// What others keep of the lines of a folder: heads, and time stamps.
namespace bailiwick {

/// A line of a chain or a log, and when its signer says that it was written.
struct SignedLine {
  std::string name;  ///< "lineage.jsonl:7"
  std::string time;
};

/// All lines of a folder that hold, by the digests of their payloads.
using SignedLines = std::map<Digest, SignedLine>;

SignedLines signed_lines(const std::string& folder, const std::vector<VerifiedChain>& chains);

/// Whether each of these heads, kept elsewhere, is one of the lines: what was cut off at the end,
/// or taken away as a whole, no line that is left can tell.
std::vector<Finding> head_findings(const std::vector<std::string>& heads, const SignedLines& lines);

/// Time stamps that lie in the folder, *.tsr, by an authority whose certificate the auditor has:
/// each must be about one of the lines, and not older than its signer says that it is.
std::vector<Finding> time_stamp_findings(const std::string& folder, const SignedLines& lines,
                                         const std::vector<std::string>& authorities,
                                         DocumentFinder& finder);

/// Whether a file of that name is taken for a time stamp.
bool is_time_stamp(const std::string& name);

}  // namespace bailiwick
