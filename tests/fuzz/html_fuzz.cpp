#include <cstdint>
#include <cstdlib>

#include "core/text.h"
#include "tools/charset.h"
#include "tools/html_text.h"

// Any bytes are a page: it has a text, valid and not out of proportion, and each of its links is one.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  const agentd::Url address = agentd::parse_url("https://a.example/b/c").value();
  const std::string html = agentd::to_utf8(bytes, "");
  const agentd::Page page = agentd::html_text(html, address);
  for (const std::string* text : {&html, &page.title, &page.text})
    if (agentd::to_valid_utf8(*text) != *text) std::abort();
  if (page.text.size() > 9'000'000) std::abort();
  if (const auto url = agentd::resolve_url(address, bytes)) {
    const std::string text = agentd::to_string(*url);
    if (text.size() < 8'000 && agentd::parse_url(text) != url) std::abort();
  }
  return 0;
}
