// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/quarantine.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/csv/csv.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

Quarantine::Quarantine(std::string path) : path_(std::move(path)), file_(nullptr, &std::fclose) {
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file >= 0) file_.reset(::fdopen(file, "w"));
  check(file_ && std::fputs("file,line,column,value,reason,row\n", file_.get()) >= 0);
}

void Quarantine::check(bool ok) const {
  if (!ok) throw Error(ExitCode::data, "{}: cannot write: {}", path_, std::strerror(errno));
}

void Quarantine::add(const std::string& file, const io::RowReader& record,
                     const Rejection& rejection) {
  ++rows_;
  auto& count = counts_[{rejection.column, rejection.reason}];
  if (count.rows++ == 0)
    count = {rejection.column, rejection.reason, 1, fmt::format("{}:{}", file, record.line()),
             std::string(rejection.value.substr(0, 64))};
  const std::string line = fmt::format("{},{},{},{},{},{}\n", csv_field(file), record.line(),
                                       csv_field(rejection.column), csv_field(rejection.value),
                                       csv_field(rejection.reason), csv_field(record.text()));
  check(std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size());
}

void Quarantine::finish() {
  check(std::fflush(file_.get()) == 0 && ::fsync(::fileno(file_.get())) == 0);
  file_.reset();
}

std::vector<IngestReport::Quarantined> Quarantine::summary() const {
  std::vector<IngestReport::Quarantined> list;
  for (const auto& [key, count] : counts_)
    list.push_back(count);
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.rows > b.rows; });
  return list;
}

}  // namespace bailiwick
