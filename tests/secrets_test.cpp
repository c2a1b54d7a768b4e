#include <algorithm>
#include <random>

#include "core/mask.h"
#include "core/secret_filter.h"
#include "tests/support/catch.h"

namespace agentd {
namespace {

std::string base64(std::string_view bytes, bool is_url) {
  std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (is_url) alphabet.replace(62, 2, "-_");
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    unsigned long group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group * 256 + (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= count ? alphabet[group >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

std::string in_lines(const std::string& text, std::size_t width, const std::string& end) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += width) out += text.substr(at, width) + end;
  return out;
}

std::string in_pieces(const std::string& text, std::size_t size, const Secrets& secrets) {
  SecretFilter filter(secrets);
  std::string passed;
  for (std::size_t at = 0; at < text.size(); at += size) passed += filter.filter(text.substr(at, size));
  return passed + filter.flush();
}

/// Whether `text` is the same in whatever pieces it comes; then that.
std::string filtered(const std::string& text, const Secrets& secrets) {
  const std::string whole = in_pieces(text, text.size() + 1, secrets);
  for (std::size_t size = 1; size <= text.size(); ++size) {
    INFO(text << " in pieces of " << size);
    CHECK(in_pieces(text, size, secrets) == whole);
  }
  return whole;
}

const std::string kHard = "p/w+\"q\\ r~ä*(9)%";

TEST_CASE("secrets are masked wherever they stand, words are not", "[secrets]") {
  struct Row {
    std::vector<std::string> secrets;
    std::string text;
    std::string expected;
  };
  const Row rows[] = {
      {{"sk-12345678", "", "key"}, "a sk-12345678, sk-12345678b key", "a [secret], [secret]b key"},
      {{"sesame"}, "open sesame!", "open [secret]!"},
      {{"sesame"}, "sesamesesame", "[secret][secret]"},
      {{"sesame"}, "sesam sesames", "sesam [secret]s"},
      {{"sesame", "sesame street"}, "sesame street sesame stre", "[secret] [secret] stre"},
      {{"abcdefgh", "efghijkl"}, "-abcdefghijkl-", "-[secret]-"},
      {{"efghijkl", "abcdefgh"}, "-abcdefghijkl-", "-[secret]-"},
      {{"abcdefghijkl", "cdefgh"}, "abcdefghijkl", "[secret]"},
      {{"ababab"}, "abababab", "[secret]"},
      {{"short", ""}, "short", "short"},
      {{"[secret]", "secret"}, "a secret, [secret] b", "a secret, [secret] b"},
      {{"Bearer abcdef", "basic ghijkl"}, "abcdef Bearer abcdef ghijkl", "[secret] Bearer [secret] [secret]"},
      {{"\xff\xfe\0\n\xff\xfe"}, "plain", "plain"},
      {{}, "plain", "plain"},
      {{"sesame"}, "", ""},
  };
  for (const Row& row : rows) CHECK(filtered(row.text, Secrets(row.secrets)) == row.expected);
}

TEST_CASE("a secret is masked as URLs, forms, JSON and hex write it", "[secrets]") {
  const Secrets secrets({kHard});
  const std::vector<std::string> written = {kHard,
                                            "p%2Fw%2B%22q%5C%20r~%C3%A4%2A%289%29%25",  // RFC 3986
                                            "p%2fw%2b%22q%5c%20r~%c3%a4%2a%289%29%25",  // in lower case
                                            "p%2Fw%2B%22q%5C+r%7E%C3%A4*%289%29%25",    // a form
                                            "p/w%2B%22q%5C%20r~%C3%A4%2A%289%29%25",    // Python
                                            "p%2Fw%2B%22q%5C%20r~%C3%A4*(9)%25",        // JavaScript
                                            R"(p/w+\"q\\ r~ä*(9)%)",                    // JSON
                                            R"(p\/w+\"q\\ r~ä*(9)%)",                   // PHP's
                                            "702f772b22715c20727ec3a42a28392925",       // hex
                                            "702F772B22715C20727EC3A42A28392925"};
  for (const std::string& text : written) CHECK(filtered("<" + text + ">", secrets) == "<[secret]>");
}

TEST_CASE("base64 of a text hides no secret that stands anywhere in it", "[secrets]") {
  for (const std::string& secret : {std::string("sesame"), std::string("sesame7"), std::string("sesame 8"),
                                    std::string("\xfb\xef\xbe?>~~~?"), std::string(200, '~') + "end"}) {
    const Secrets secrets({secret});
    for (const bool is_url : {false, true}) {
      for (const std::string before : {"", "u", "u:", "us:", "user:"}) {
        for (const std::string after : {"", "!", "!!", "!!!"}) {
          const std::string clear = base64(before + secret + after, is_url);
          const std::string text = mask(clear, secrets);
          INFO(clear << " became " << text);
          CHECK(text.find("[secret]") != std::string::npos);
          // What is left at both ends has bits of its neighbours.
          CHECK(text.size() <= base64(before + after, is_url).size() + 8 + 4);
          std::string wrapped = mask(in_lines(clear, 76, "\n"), secrets);
          std::erase(wrapped, '\n');
          CHECK(wrapped == text);
        }
      }
    }
  }
}

TEST_CASE("a secret is found across the line breaks that encoders make", "[secrets]") {
  const std::string key = "sk-ant-" + std::string(45, 'x') + "0123456789" + std::string(60, 'y');
  const Secrets secrets({key});
  for (const char* end : {"\n", "\r\n"}) {
    for (const std::size_t width : {1U, 4U, 60U, 64U, 76U}) {
      std::string masked = filtered(in_lines("in: " + key + " :out", width, end), secrets);
      std::erase_if(masked, [](char c) { return c == '\n' || c == '\r'; });
      CHECK(masked == "in: [secret] :out");
    }
  }
}

TEST_CASE("a secret of several lines is found with the line ends of another system", "[secrets]") {
  const Secrets secrets({"-----BEGIN-----\nabcdef\n\nghijkl\n-----END-----"});
  CHECK(filtered("<-----BEGIN-----\r\nabcdef\r\n\nghijkl\r\n-----END----->", secrets) == "<[secret]>");
  CHECK(filtered(R"("-----BEGIN-----\nabcdef\n\nghijkl\n-----END-----")", secrets) == "\"[secret]\"");
}

/// What the filter must do, done the slow way.
std::string masked_slowly(const std::string& text, const std::vector<std::string>& secrets) {
  std::vector<std::size_t> ends(text.size());
  for (const std::string& secret : secrets)
    for (const std::string& form : secret_forms(secret))
      for (std::size_t at = text.find(form); at != std::string::npos; at = text.find(form, at + 1))
        ends[at] = std::max(ends[at], at + form.size());
  std::string masked;
  for (std::size_t at = 0, done = 0; at < text.size(); ++at) {
    if (ends[at] > 0 && at >= done) masked += kSecretMask;
    done = std::max(done, ends[at]);
    if (at >= done) masked += text[at];
  }
  return masked;
}

TEST_CASE("whatever overlaps is masked as a slow search would, in whatever pieces it comes", "[secrets]") {
  std::mt19937 random(7);
  const auto word = [&](std::size_t size) {
    std::string text;
    while (text.size() < size) text += "aab/"[random() % 4];
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    const std::vector<std::string> values{word(6 + random() % 4), word(6 + random() % 4),
                                          word(6 + random() % 12)};
    std::string text;
    while (text.size() < 200) text += random() % 4 == 0 ? values[random() % 3] : word(random() % 8);
    const Secrets secrets(values);
    const std::string expected = masked_slowly(text, values);
    for (const std::size_t size : {std::size_t{1}, 1 + random() % 50, text.size()}) {
      INFO(text << " in pieces of " << size);
      CHECK(in_pieces(text, size, secrets) == expected);
    }
  }
}

TEST_CASE("what is no secret passes as it is, with all its line breaks", "[secrets]") {
  const Secrets secrets({"sesame", "q/w+e r*t~z"});
  for (const std::string text :
       {"\n\n\r\n\r\r\n\nses\n\name\n", "c2Vz YW1l", "736573616d", "\r", "\n", "q/w%2Be r", "sesam\n\n\ne"})
    CHECK(filtered(text, secrets) == text);
  CHECK(filtered("ses\name\n\n", secrets) == "[secret]\n\n");
}

TEST_CASE("little of a text is held back, whatever it is", "[secrets]") {
  const Secrets secrets({"sesame and more"});
  for (const std::string text : {"\n", "\r\n", "\r", "s", "sesame and mor", "x\r\n"}) {
    SecretFilter filter(secrets);
    std::size_t in = 0, out = 0;
    for (int i = 0; i < 2000; ++i) {
      in += text.size();
      out += filter.filter(text).size();
      REQUIRE(in - out <= 3 * secrets.forms().longest());
    }
  }
}

TEST_CASE("no form of a secret is so short that it stands in ordinary text", "[secrets]") {
  CHECK(secret_forms("five5").empty());
  CHECK(mask("abcd a\nb\nc\nd", Secrets({"a\nb\nc\nd"})) == "abcd a\nb\nc\nd");
  for (const std::string secret : {"sesame", "123456", "      ", "%%%%%%"})
    for (const std::string& form : secret_forms(secret)) CHECK(form.size() >= 6);
}

}  // namespace
}  // namespace agentd
