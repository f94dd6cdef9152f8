// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/failure.hpp"

#include <filesystem>
#include <new>
#include <system_error>

namespace bailiwick {

Error caught_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ExitCode::data, "out of memory; use more nodes or fewer ranks a node");
  } catch (const std::filesystem::filesystem_error& error) {
    return Error(ExitCode::data, "{}: cannot be reached: {}", error.path1().string(),
                 error.code().message());
  } catch (const std::system_error& error) {
    return Error(ExitCode::data, "the system refuses: {}", error.what());
  } catch (const std::exception& error) {
    return Error(ExitCode::bug, "internal error: {}; please report this", error.what());
  }
}

}  // namespace bailiwick
