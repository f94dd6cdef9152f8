// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/crypto/time_stamp.hpp"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>

#include "lib/core/error.hpp"
#include "lib/crypto/openssl_handle.hpp"

namespace bailiwick {

namespace {

using Response = openssl::Handle<TS_RESP, TS_RESP_free>;
using Verifier = openssl::Handle<TS_VERIFY_CTX, TS_VERIFY_CTX_free>;
using Store = openssl::Handle<X509_STORE, X509_STORE_free>;

Response read_response(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = bytes + der.size();
  Response response(d2i_TS_RESP(nullptr, &bytes, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!response || bytes != end)
    throw Error(ExitCode::data, "is no answer of a time stamping authority (RFC 3161, DER)");
  return response;
}

std::string last_reason() {
  std::string reason = "its signature does not hold";
  while (const unsigned long code = ERR_get_error())
    if (const char* text = ERR_reason_error_string(code)) reason = text;
  return reason;
}

}  // namespace

TimeStamp TimeStamp::parse(const std::string& der) {
  const Response response = read_response(der);
  TS_TST_INFO* const info = TS_RESP_get_tst_info(response.get());
  if (info == nullptr)
    throw Error(ExitCode::data, "is an authority's refusal, and holds no time stamp");
  TS_MSG_IMPRINT* const imprint = TS_TST_INFO_get_msg_imprint(info);
  const X509_ALGOR* const algorithm = TS_MSG_IMPRINT_get_algo(imprint);
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  const ASN1_OCTET_STRING* const message = TS_MSG_IMPRINT_get_msg(imprint);
  TimeStamp stamp;
  if (OBJ_obj2nid(object) != NID_sha256 ||
      ASN1_STRING_length(message) != static_cast<int>(stamp.sha256.bytes.size()))
    throw Error(ExitCode::data, "is not about a SHA-256: ask with -sha256 -digest HEAD");
  std::copy_n(ASN1_STRING_get0_data(message), stamp.sha256.bytes.size(),
              stamp.sha256.bytes.begin());
  std::tm moment{};
  if (ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &moment) != 1)
    throw Error(ExitCode::data, "has no time that can be read");
  stamp.time =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", moment.tm_year + 1900, moment.tm_mon + 1,
                  moment.tm_mday, moment.tm_hour, moment.tm_min, moment.tm_sec);
  return stamp;
}

std::string time_stamp_problem(const std::string& der,
                               const std::vector<std::string>& authorities) {
  const Response response = read_response(der);
  Store store(X509_STORE_new());
  for (const std::string& file : authorities)
    if (X509_STORE_load_file(store.get(), file.c_str()) != 1) {
      ERR_clear_error();
      throw Error(ExitCode::config, "{}: holds no certificate (PEM) that can be read", file);
    }
  const Verifier verifier(TS_VERIFY_CTX_new());
  TS_VERIFY_CTX_set_flags(verifier.get(), TS_VFY_VERSION | TS_VFY_SIGNATURE);
  TS_VERIFY_CTX_set_store(verifier.get(), store.release());  // which is the verifier's now
  const bool holds = TS_RESP_verify_response(verifier.get(), response.get()) == 1;
  std::string reason = holds ? "" : last_reason();
  ERR_clear_error();
  return reason;
}

}  // namespace bailiwick
