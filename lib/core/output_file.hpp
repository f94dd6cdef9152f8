// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <string_view>

namespace bailiwick {

/// Who may read a file that is made: as the umask says, or its owner alone, for what holds rows or
/// predictions of rows, which lies on nodes where others log in.
enum class Readers { umask, owner };

/// The mode to make a file with.
inline constexpr unsigned mode_for(Readers readers) {
  return readers == Readers::owner ? 0600 : 0644;
}

/// A file that is written piece by piece through a temporary name: no reader sees half of it, and
/// nothing stays if it is not published. Members throw ExitCode::data naming the file and the
/// system's reason.
class OutputFile {
 public:
  explicit OutputFile(std::string path, Readers readers = Readers::umask);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);
  /// Syncs it to disk and gives it its name.
  void publish();
  /// The parts of that, for those who publish many files: begins to write to disk; waits for it;
  /// gives it its name, which the caller syncs.
  void start_sync();
  void sync();
  void give_name();

 private:
  [[noreturn]] void fail(const char* action) const;

  std::string path_, temporary_;
  int file_ = -1;
};

/// The same of a whole text.
void write_file_atomically(const std::string& path, std::string_view bytes,
                           Readers readers = Readers::umask);

/// The same of many texts, by path. Waits for the disk once for a few dozen files, not for each. If
/// one fails, others may have their names.
void write_files_atomically(const std::map<std::string, std::string>& texts);

/// Syncs the names in a folder to disk, where the file system can.
void sync_folder(const std::string& path);

/// Gives a folder that was made under a temporary name its own, which nothing may have; syncs the
/// one above. Throws ExitCode::data.
void publish_folder(const std::string& temporary, const std::string& path);

/// Makes a folder and those above it; an empty path is the current one. Throws ExitCode::data.
void create_folders(const std::string& path);

/// Whether something has that name, be it a link that leads nowhere.
bool is_taken(const std::string& path);

}  // namespace bailiwick
