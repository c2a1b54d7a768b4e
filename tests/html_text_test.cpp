#include "tools/html_text.h"

#include "core/text.h"
#include "tests/support/catch.h"
#include "tools/charset.h"
#include "tools/entities.h"

namespace agentd {
namespace {

Page page_of(std::string_view html) {
  return html_text(html, parse_url("https://a.example/b/c").value());
}

struct Row {
  std::string html;
  std::string text;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.html);
    CHECK(page_of(row.html).text == row.text);
  }
}

/// The piece, until that is a long page.
std::string many(std::string_view piece) {
  std::string text;
  while (text.size() < 300'000) text += piece;
  return text;
}

}  // namespace

TEST_CASE("a page reads like a document", "[html]") {
  const Page page = page_of(R"(<!DOCTYPE html>
<html><head><meta charset=utf-8><title> A &amp; B </title><style>p {color: red}</style>
<script>if (a < b) document.write("<p>no</p>");</script></head>
<body><nav><ul><li><a href=/>Home</a></ul></nav>
<h1>Report</h1>
<p>First   paragraph,
on two lines. See <a href="../d?x=1&amp;y=2#z">the <b>data</b></a>!
<p>Second<br>paragraph.
<h2>Items</h2>
<ul><li>One<li>Two <ol><li>inner</li><li>next</li></ol></li><li><p>Three</p></li></ul>
<blockquote><p>Quoted</p><p>twice</p></blockquote>
<pre>
def f():
    return 1 &lt; 2
</pre>
<table><tr><th>Name<th>Size</tr><tr><td>a</td><td><p>1</p></td></tr></table>
<hr><img src=x.png alt="A chart"><button>Subscribe</button><!-- a > b --->
<footer>Done</footer></body></html>)");
  CHECK(page.title == "A & B");
  CHECK(page.text == R"(# Report

First paragraph, on two lines. See [the data](https://a.example/d?x=1&y=2)!

Second
paragraph.

## Items

- One
- Two
  1. inner
  2. next
- Three

> Quoted

> twice

```
def f():
    return 1 < 2
```

Name | Size
a | 1

---

![A chart]
Done)");
}

TEST_CASE("links are absolute where they lead to something that can be fetched", "[html]") {
  check({{"<a href=d>x</a>", "[x](https://a.example/b/d)"},
         {"<a href='/d e'>x</a>", "[x](https://a.example/d%20e)"},
         {"<a href=//h>x</a>", "[x](https://h/)"},
         {"<a href=#top>x</a>", "x"},
         {"<a href='javascript:f()'>x</a>", "x"},
         {"<a href='mailto:a@b.example'>x</a>", "[x](mailto:a@b.example)"},
         {"<a name=x>x</a>", "x"},
         {"a<a href=d></a>b", "ab"},
         {"a <a href=d> x </a> b", "a [x](https://a.example/b/d) b"},
         {"<a href=d><div>x</div><div>y</div></a>z", "[x y](https://a.example/b/d) z"},
         {"<a href=d>x<a href=e>y", "[x](https://a.example/b/d)[y](https://a.example/b/e)"},
         {"<a href='https://h/'>https://h/</a>", "https://h/"},
         {"<h2><a href=d>x</a></h2>y", "## [x](https://a.example/b/d)\n\ny"},
         {"<base href=/z/><base href=/no/><a href=d>x</a>", "[x](https://a.example/z/d)"},
         {"<base href='javascript:x'><a href=d>x</a>", "[x](https://a.example/b/d)"},
         {"<a href=" + std::string(3000, 'd') + ">x</a>", "x"}});
}

TEST_CASE("where a page marks what matters, the rest is left out", "[html]") {
  check({{"<p>no<main><p>yes</main><p>no", "yes"},
         {"<p>no<div role=main><p>yes</div>", "yes"},
         {"<p>yes<main></main>", "yes"},
         {"<p>no<main>yes", "yes"},
         {"a<nav>b<nav>c</nav>d</nav>e", "a e"},
         {"a<svg><title>b</title></svg>c<svg/>d", "a cd"},
         {"a<select><option>b<option>c</select>d", "a d"},
         {"a<template><p>b</template>c", "a c"},
         {"<noscript>a</noscript>", "a"}});
}

TEST_CASE("what a page hides from people is hidden from the model", "[html]") {
  check({{"a<div hidden>b</div>c", "a c"},
         {"a<span style='DISPLAY:none'>b</span>c", "abc"},
         {"a<span style='color: red; display: none'>b</span>c", "a c"},
         {"a<span style='visibility: hidden'>b</span>c", "a c"},
         {"a<p hidden>b<p>c", "a\n\nb\n\nc"},
         {"a<!-- b -->c<!-->d<!--->e<!doctype f>g<?h?>i</ j>k", "acdegik"},
         {"a\xe2\x80\x8b"
          "b\xc2\xad"
          "c\xf3\xa0\x81\xa1"
          "d\xe2\x80\xae"
          "e",
          "abcde"}});
}

TEST_CASE("a part that never ends is no reason to lose the page", "[html]") {
  check({{"a<nav>b", "a\nb"}, {"<div hidden><div>a</div>", "a"}, {"a<button>b<p>c", "a\nb\n\nc"}});
}

TEST_CASE("tables, lists and code keep their form whatever stands in them", "[html]") {
  check({{"<table><tr><td>a<td>b<tr><td><td>c<td></table>d", "a | b\n | c\n\nd"},
         {"<table><tr><td><table><tr><td>a<td>b</table><td>c</table>", "a | b | c"},
         {"<td>a<td>b", "a b"},
         {"<ul><li><li>a</ul>b", "- a\n\nb"},
         {"<li>a</li></ul></ul>b", "- a\n\nb"},
         {"<ol><li>a</ol><ol><li>b</ol>", "1. a\n\n1. b"},
         {"<ul><li><ul><li>a</ul></ul>", "  - a"},
         {"<h3></h3>a", "a"},
         {"a<pre></pre>b", "a\n\nb"},
         {"<pre>\n\n a\n  b\n\n</pre>c", "```\n\n a\n  b\n```\n\nc"},
         {"<pre><div>a</div><div>b</div></pre>", "```\na\nb\n```"},
         {"<pre>a<br>b<pre>c</pre>d</pre>e", "```\na\nb\ncd\n```\n\ne"},
         {"<pre>a", "```\na\n```"},
         {"<blockquote><pre>a\nb</pre></blockquote>c", "> ```\n> a\n> b\n> ```\n\nc"},
         {"a<br><br><br>b", "a\n\nb"},
         {"<dl><dt>a<dd>b</dl>c", "a\nb\n\nc"}});
}

TEST_CASE("garbage is read as browsers do, and never as markup of ours", "[html]") {
  check({{"", ""},
         {"<", "<"},
         {"a < b <3 c<", "a < b <3 c<"},
         {"a</", "a"},
         {"<a", ""},
         {"x<p title=\"never closed>y", "x"},
         {"<p title='a>b' = =x / /><p/>c", "c"},
         {"<P CLASS=x>a</P\n>b", "a\n\nb"},
         {"</p></div></li></table></pre></blockquote></a></h1>a", "a"},
         {"<script>a</scrip></script >b", "b"},
         {"<script>a", ""},
         {"<textarea><p>a</textarea>b", "b"},
         {"<xmp>&lt;<b></xmp>", "&lt;<b>"},
         {std::string("a\0b", 3), std::string("a\0b", 3)}});
}

TEST_CASE("characters come by name and by number", "[html]") {
  const std::pair<std::string, std::string> rows[] = {
      {"&amp;&lt;&gt;&quot;&apos;", "&<>\"'"},
      {"&eacute;&Eacute;&euro;&hellip;&mdash;", "éÉ€…—"},
      {"&#65;&#x42;&#X43;&#68 &#8364;", "ABCD €"},
      {"&#150;&#x80;", "–€"},
      {"&copy 2026 &amp b", "© 2026 & b"},
      {"&euro 5 &nosuch; & &; &#; &#x; &#xg; &#1x;", "&euro 5 &nosuch; & &; &#; &#x; &#xg; &#1x;"},
      {"&#0;&#xd800;&#x110000;&#99999999999999999999;", "\ufffd\ufffd\ufffd\ufffd"},
      {"&amp;lt;", "&lt;"},
  };
  for (const auto& [text, expected] : rows) {
    INFO(text);
    CHECK(decode_entities(text, EntityPlace::Text) == expected);
  }
  CHECK(decode_entities("?a=1&copy=2&lt=3&amp;b", EntityPlace::Attribute) == "?a=1&copy=2&lt=3&b");
}

TEST_CASE("the larger the page the longer it takes, and no more than that", "[html]") {
  for (const char* piece : {"<div>",
                            "</div>",
                            "<",
                            "<a",
                            "<!--",
                            "<p ",
                            "<p a=\"",
                            "<ul><li>",
                            "<ol><li>x",
                            "<blockquote>x",
                            "<table><tr><td>",
                            "<a href=x>",
                            "<pre>",
                            "<b><i>",
                            "&",
                            "&#",
                            "&aaaaaaaaaaaaaaaaaaaaaa",
                            "<title>",
                            "</title",
                            "<script></scrip",
                            "<nav>",
                            "<nav></nav>",
                            "<main>x</main>",
                            "<td>",
                            "\xff",
                            "<svg><svg/>"}) {
    INFO(piece);
    const std::string html = many(piece);
    CHECK(page_of(html).text.size() < 60 * html.size());
  }
  // A short link in a page with a long base is written out in full.
  const Page page = page_of("<base href='/" + std::string(1'900, 'x') + "/'>" + many("<a href=y>z</a>"));
  CHECK(page.is_cut);
  CHECK(page.text.size() < 9'000'000);
}

TEST_CASE("the character set is found, and everything becomes UTF-8", "[charset]") {
  struct Charset {
    std::string bytes;
    std::string type;
    std::string expected;
  };
  const std::string shift_jis = "\x93\xfa\x96\x7b";
  const Charset rows[] = {
      {"caf\xc3\xa9", "", "café"},
      {"caf\xe9 \x80 \x93x\x94", "text/plain", "café € “x”"},
      {"caf\xe9", "text/plain; charset=ISO-8859-1", "café"},
      {"caf\xe9", "text/plain; Charset=\"latin1\"; x=y", "café"},
      {"caf\xe9", "text/plain; charset=utf-8", "caf\ufffd"},
      {"caf\xe9", "text/plain; charset=us-ascii", "café"},
      {"\xef\xbb\xbf"
       "caf\xc3\xa9",
       "text/plain; charset=latin1", "café"},
      {std::string("\xff\xfe"
                   "a\0\xac\x20",
                   6),
       "", "a€"},
      {std::string("\xfe\xff\0a\x20\xac", 6), "", "a€"},
      {std::string("\0a", 2), "text/plain; charset=utf-16be", "a"},
      {shift_jis, "text/html; charset=Shift_JIS", "日本"},
      {"<meta charset=\"shift_jis\">" + shift_jis, "text/html", "<meta charset=\"shift_jis\">日本"},
      {"<META http-equiv=content-type content='text/html; charset=koi8-r'>\xc1", "text/html",
       "<META http-equiv=content-type content='text/html; charset=koi8-r'>а"},
      {"<?xml version='1.0' encoding='windows-1251'?>\xe0", "",
       "<?xml version='1.0' encoding='windows-1251'?>а"},
      {"<meta charset=utf-16>é", "", "<meta charset=utf-16>é"},
      {"a\x81 b", "text/plain; charset=shift_jis", "a\ufffd b"},
      {"\x81", "text/plain; charset=shift_jis", "\ufffd"},
      {"a\x1b$", "text/plain; charset=iso-2022-cn-ext", "a\x1b$"},
      {"a", "text/plain; charset=../../etc/passwd", "a"},
      {"a", "text/plain; charset=", "a"},
      {"", "", ""},
  };
  for (const Charset& row : rows) {
    INFO(row.type << " " << row.bytes);
    CHECK(to_utf8(row.bytes, row.type) == row.expected);
  }
}

TEST_CASE("every character set that is promised can be converted here", "[charset]") {
  for (const char* name : {"big5", "euc-jp", "euc-kr", "gb18030", "gb2312", "gbk", "ibm866", "iso-8859-15",
                           "iso-8859-2", "koi8-r", "koi8-u", "macintosh", "windows-1250", "windows-1251",
                           "windows-1258", "windows-31j", "windows-874", "x-sjis"}) {
    INFO(name);
    CHECK(to_utf8("\xc4\xe3", std::string("text/html; charset=") + name) != "\ufffd\ufffd");
  }
}

}  // namespace agentd
