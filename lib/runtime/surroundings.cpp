// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/surroundings.hpp"

#include <fmt/format.h>
#include <link.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace bailiwick {

namespace {

/// A name, or with `*` at its end all that begin so.
struct Variables {
  std::string_view name;
  std::string_view why;

  bool match(std::string_view variable) const {
    return name.ends_with('*') ? variable.starts_with(name.substr(0, name.size() - 1))
                               : variable == name;
  }
};

constexpr Variables cleared[] = {
    {"HDF5_*", "filters, drivers and connectors to load; folders of external files"},
    {"PETSC_OPTIONS*", "-dll_append loads code; a config has all options of the solver"},
    {"KOKKOS_TOOLS_*", "libraries to load, which are called at every kernel"},
    {"KOKKOS_PROFILE_*", "the same, by an older name"},
    {"OPENSSL_CONF*", "names providers and engines to load"},
    {"OPENSSL_MODULES", "folder of providers"},
    {"OPENSSL_ENGINES", "folder of engines"},
    {"GCONV_PATH", "folder of the C library's code for character sets"},
    {"LOCPATH", "folder of the C library's locales, which name such code"},
    {"NLSPATH", "folder of message catalogues"},
};

constexpr Variables told[] = {
    {"LD_*", "the dynamic linker acts on them before main: preloaded and audit libraries"},
    {"GLIBC_TUNABLES", "as well"},
    {"OMPI_MCA_*", "components of Open MPI, and folders to load them from"},
    {"PMIX_MCA_*", "components of PMIx"},
    {"UCX_*", "transports"},
    {"FI_*", "transports"},
    {"OPENBLAS_*", "kernels, chosen when the library is loaded"},
    {"OMP_*", "threads"},
    {"KOKKOS_*", "threads"},
};

/// Set by mpirun for its own processes: addresses and keys of one job.
constexpr Variables not_told[] = {{"OMPI_MCA_orte_*", ""}, {"OMPI_MCA_ess_*", ""}};

template <std::size_t n>
bool any_matches(const Variables (&rules)[n], std::string_view variable) {
  return std::any_of(std::begin(rules), std::end(rules),
                     [&](const Variables& rule) { return rule.match(variable); });
}

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = std::min(text.find('='), text.size());
    variables.emplace(text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
  }
  return variables;
}

std::vector<std::string>& taken_away() {
  static std::vector<std::string> names;
  return names;
}

/// The build-id in the notes that lie at `note`.
std::string build_id_in(const char* note, std::size_t size) {
  static constexpr char gnu[] = "GNU";
  constexpr std::string_view owner(gnu, sizeof gnu);  // with its zero
  const auto padded = [](std::size_t n) { return (n + 3) / 4 * 4; };
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) header;
    std::memcpy(&header, note, sizeof header);
    const std::size_t name = padded(header.n_namesz), rest = size - sizeof header;
    if (name > rest || padded(header.n_descsz) > rest - name) return "";
    const char* const words = note + sizeof header;
    if (header.n_type == NT_GNU_BUILD_ID && std::string_view(words, header.n_namesz) == owner) {
      std::string id;
      for (std::size_t i = 0; i < header.n_descsz; ++i)
        id += fmt::format("{:02x}", static_cast<unsigned char>(words[name + i]));
      return id;
    }
    const std::size_t whole = sizeof header + name + padded(header.n_descsz);
    note += whole;
    size -= whole;
  }
  return "";
}

int add_library(dl_phdr_info* info, std::size_t, void* list) {
  const std::string_view path = info->dlpi_name == nullptr ? "" : info->dlpi_name;
  // The program has no name here, and what the kernel adds has no file.
  if (path.find('/') == std::string_view::npos) return 0;
  LoadedLibrary library{std::filesystem::path(path).lexically_normal().string(), ""};
  for (int i = 0; i < info->dlpi_phnum && library.build_id.empty(); ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type == PT_NOTE)
      library.build_id = build_id_in(
          // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader says where it is by a number.
          reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr), segment.p_memsz);
  }
  static_cast<std::vector<LoadedLibrary>*>(list)->push_back(std::move(library));
  return 0;
}

}  // namespace

void clear_surroundings() {
  for (const auto& [name, value] : environment())
    if (any_matches(cleared, name)) {
      ::unsetenv(name.c_str());
      taken_away().push_back(name);
    }
  // Of 1, not 0: Linux hands a core to a program that collects them whatever the limit, but for 1.
  rlimit core{};
  if (::getrlimit(RLIMIT_CORE, &core) == 0) {
    core.rlim_cur = core.rlim_max = std::min<rlim_t>(1, core.rlim_max);
    ::setrlimit(RLIMIT_CORE, &core);
  }
}

const std::vector<std::string>& cleared_variables() {
  return taken_away();
}

std::map<std::string, std::string> telling_variables() {
  std::map<std::string, std::string> variables = environment();
  std::erase_if(variables, [](const auto& variable) {
    return !any_matches(told, variable.first) || any_matches(not_told, variable.first);
  });
  return variables;
}

std::vector<LoadedLibrary> loaded_libraries() {
  std::vector<LoadedLibrary> libraries;
  ::dl_iterate_phdr(add_library, &libraries);
  std::sort(libraries.begin(), libraries.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return libraries;
}

}  // namespace bailiwick
