#include "core/search_words.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "tests/support/catch.h"

using namespace agentd;

namespace {

/// An index as that of the notes.
struct Index {
  SQLite::Database database{":memory:", SQLite::OPEN_READWRITE};
  Index() {
    database.exec(
        "CREATE VIRTUAL TABLE w USING fts5(words, content='',"
        " tokenize=\"porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\")");
  }
  void add(const std::string& text) {
    SQLite::Statement insert(database, "INSERT INTO w(words) VALUES(?)");
    insert.bind(1, search_words(text));
    insert.exec();
  }
  int count(const std::string& query) {
    const auto words = query_words(query);
    if (words.empty()) return 0;
    SQLite::Statement find(database, "SELECT count(*) FROM w WHERE w MATCH ?");
    find.bind(1, match_expression(words));
    return find.executeStep() ? find.getColumn(0).getInt() : -1;
  }
};

}  // namespace

TEST_CASE("Words are made so that each script and each way of naming is found", "[notes]") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", ""},
      {"  The tide, at nine!", "The tide at nine"},
      {"getUserName", "get User Name getUserName"},
      {"HTTPServer2", "HTTP Server2 HTTPServer2"},
      {"max_retries", "max retries maxretries"},
      {"v1.2.3", "v1 2 3 v123"},
      {"foo/bar.cpp:12", "foo bar cpp 12 foobarcpp12"},
      {"Straße STRAẞE", "Strasse STRASSE"},
      {"東京都", "東京 京都"},
      {"潮 汐", "潮 汐"},
      {"東京のAPIキー", "東京 京の API キー"},
      {"서울에서 만나", "서울 울에 에서 만나"},
      {"ＡＢＣ１２", "ABC12"},
      {"ｶﾞｲﾄﾞ ﾊﾟﾝ", "ガイ イド パン"},
      {"「東京」、大阪。", "東京 大阪"},
      {"Grüße, naïve", "Grüsse naïve"},
      {std::string("a\0b\xFF\xC3(", 6), "a b"},
  };
  for (const auto& [text, words] : table) {
    INFO(text);
    CHECK(search_words(text) == words);
  }
}

TEST_CASE("A question keeps each word once, and the commonest of English only where they are all",
          "[notes]") {
  CHECK(query_words("When is the tide table of the Tide office?") ==
        std::vector<std::string>{"tide", "table", "office"});
  CHECK(query_words("to be or not") == std::vector<std::string>{"to", "be", "or", "not"});
  CHECK(query_words("?!").empty());
  std::string many;
  for (int i = 0; i < 1000; ++i) many += " word" + std::to_string(i);
  CHECK(query_words(many).size() == 64);
}

TEST_CASE("A text has those words of a question that stand in it in the same form", "[notes]") {
  const std::string text = search_words("The Organs of getUserName, 東京都");
  const auto share = [&](std::vector<std::string> words) { return exact_share(text, words); };
  CHECK(share({"organs"}) == 1);
  CHECK(share({"organ", "organs", "user", "getusername"}) == 0.75);
  CHECK(share({"東京", "京都", "都東", "gans"}) == 0.5);
  CHECK(share({}) == 0);
  CHECK(exact_share("", std::vector<std::string>{"a"}) == 0);
}

TEST_CASE("No question can be read as an operator", "[notes]") {
  Index index;
  index.add("and or not near plain");
  const std::vector<std::string> hostile{"AND",
                                         "OR",
                                         "NOT x",
                                         "NEAR(a b)",
                                         "a*",
                                         "^a",
                                         "a-b",
                                         "\"",
                                         "\"\"\"",
                                         "'",
                                         "a:b",
                                         "{a b}:c",
                                         "(",
                                         ")",
                                         "a AND",
                                         "+",
                                         "words:x",
                                         "--",
                                         "; DROP TABLE w",
                                         "a\"b",
                                         "*",
                                         ".",
                                         ",",
                                         "\x01",
                                         std::string("a\0b", 3),
                                         "%",
                                         "_",
                                         "\\"};
  for (const std::string& text : hostile) {
    INFO(text);
    CHECK_NOTHROW(index.count(text));
  }
  CHECK(index.count("plain \" AND") == 1);
  CHECK(match_expression({}).empty());
  const std::vector<std::string> quoted{"a\"b", "c"};
  CHECK(match_expression(quoted) == "\"a\"\"b\" OR \"c\"");
}

TEST_CASE("A question finds the note in its own language", "[notes]") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"The harbour publishes tide tables on Mondays.", "publishing the table of tides"},
      {"Der Hafen veröffentlicht die Gezeitentafel in der Hauptstraße.", "HAUPTSTRASSE"},
      {"Le café est fermé le lundi.", "cafe ferme"},
      {"La contraseña caducó ayer.", "contrasena"},
      {"Приливы публикуются по понедельникам.", "приливы"},
      {"潮汐表は月曜日に発表される。", "月曜日の潮汐"},
      {"港のデータベースを更新した", "ﾃﾞｰﾀﾍﾞｰｽ"},
      {"每周一公布潮汐表", "潮汐"},
      {"潮位表在周一发布", "周一"},
      {"조석표는 월요일에 발표된다.", "월요일 조석표"},
      {"ตารางน้ำขึ้นน้ำลงเผยแพร่ทุกวันจันทร์", "วันจันทร์"},
      {"ज्वार तालिका सोमवार को आती है", "सोमवार"},
      {"جدول المد والجزر ينشر يوم الاثنين", "الاثنين"},
      {"The function getUserName returns null.", "user name"},
      {"The setting is max_retries: 4.", "max retries"},
      {"The setting is maxRetries.", "max_retries"},
      {"We run version 1.2.3 there.", "1.2.3"},
      {"The order ACME-4711 was shipped.", "acme-4711"},
      {"See core/store/files.cpp for it.", "files.cpp"},
      {"ＡＰＩの鍵", "API"},
      {"Cafe\u0301 is open", "café"},
  };
  for (const auto& [note, query] : table) {
    INFO(query);
    Index index;
    index.add(note);
    CHECK(index.count(query) == 1);
  }
}
