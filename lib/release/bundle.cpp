// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/release/bundle.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <span>
#include <string_view>

#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/names.hpp"
#include "lib/core/output_file.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

std::string sums_text(const std::map<std::string, BundledFile>& files) {
  std::string text;
  for (const auto& [name, file] : files)
    text += fmt::format("{}  {}\n", file.sha256.hex(), name);
  return text;
}

bool is_plain_name(const std::string& name) {
  const fs::path path(name);
  return !name.empty() && printable(name) == name && name.find('\\') == std::string::npos &&
         path.is_relative() && path.lexically_normal().generic_string() == name &&
         *path.begin() != ".." && path.has_filename();
}

Bundle::Bundle(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.ends_with('/'))
    path_.pop_back();  // as shells complete it
  temporary_ = fmt::format("{}.tmp.{}", path_, ::getpid());
  if (is_taken(path_))
    throw Error(ExitCode::data, "{}: exists; name a folder that does not", path_);
  std::error_code error;
  fs::remove_all(temporary_, error);  // what a killed process of that number left
  if (!fs::create_directory(temporary_, error))
    throw Error(ExitCode::data, "{}: cannot make the folder: {}", path_, error.message());
}

Bundle::~Bundle() {
  std::error_code error;
  if (!published_) fs::remove_all(temporary_, error);
}

std::string Bundle::place_for(const std::string& name) {
  if (!is_plain_name(name))
    throw Error(ExitCode::data, "{}: cannot leave under this name", printable(name));
  const fs::path path = fs::path(temporary_) / name;
  create_folders(path.parent_path().string());
  return path.string();
}

void Bundle::copy(const std::string& from, const std::string& name, const Digest& sha256) {
  copy(from, name);
  if (files_.at(name).sha256 != sha256)
    throw Error(ExitCode::integrity, "{}: was changed while it was copied", from);
}

void Bundle::copy(const std::string& from, const std::string& name) {
  InputFile source(from);
  OutputFile to(place_for(name));
  Sha256 hash;
  BundledFile file;
  std::array<std::byte, 1 << 16> bytes;
  for (std::size_t n = bytes.size(); n == bytes.size();) {
    n = source.read(bytes);
    hash.update(std::span(bytes).first(n));
    to.write({reinterpret_cast<const char*>(bytes.data()), n});
    file.size += n;
  }
  to.publish();
  file.sha256 = hash.finish();
  files_[name] = file;
}

void Bundle::write(const std::string& name, const std::string& text) {
  write_file_atomically(place_for(name), text);
  files_[name] = {sha256(text), text.size()};
}

void Bundle::publish() {
  for (const auto& entry : fs::recursive_directory_iterator(temporary_))
    if (entry.is_directory()) sync_folder(entry.path().string());
  publish_folder(temporary_, path_);
  published_ = true;
}

}  // namespace bailiwick
