// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

namespace bailiwick {

/// The page as Markdown (CommonMark, and GitHub's tables), for those who keep text beside code.
/// `page`: what this program wrote as HTML, in the elements that it uses. Drawings become their
/// titles and what they show, in words.
std::string to_markdown(std::string_view page);

}  // namespace bailiwick
