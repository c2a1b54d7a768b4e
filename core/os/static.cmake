# Links every library but libc into what is built, so that one file runs elsewhere. All or none: with a shared one left,
# a process would have two C++ libraries. Where that is impossible, this says why and changes nothing.
set(family curl nghttp2 psl idn2 unistring ssl crypto zstd brotlidec brotlicommon z)  # libcurl, and what it stands on
set(files "")
foreach(name ${family} sqlite3 sodium yaml-cpp)
  find_library(AGENTD_STATIC_${name} lib${name}.a)
  mark_as_advanced(AGENTD_STATIC_${name})
  if(NOT AGENTD_STATIC_${name})
    message(STATUS "Libraries stay shared: there is no lib${name}.a; tests/scripts/packages static installs it on Debian 12")
    return()
  endif()
  if(name IN_LIST family)
    list(APPEND files ${AGENTD_STATIC_${name}})
  endif()
endforeach()

# Debian's libcurl speaks LDAP, SSH, RTMP and Kerberos too, with libraries that cannot all be had as static ones. agentd
# never asks for these protocols: each of their functions becomes one that ends the process.
execute_process(COMMAND ${CMAKE_NM} -u ${AGENTD_STATIC_curl} OUTPUT_VARIABLE symbols ERROR_QUIET)
string(REGEX MATCHALL "(gss|GSS|ldap|ber|libssh2|RTMP)_[A-Za-z0-9_]+" names "${symbols}")
list(REMOVE_DUPLICATES names)
set(script ${CMAKE_BINARY_DIR}/generated/absent.ld)
set(text "")
foreach(name ${names})
  string(APPEND text "PROVIDE(${name} = agentd_absent);\n")
endforeach()
file(WRITE ${script} "${text}")

set(absent ${CMAKE_SOURCE_DIR}/core/os/curl_http_absent.cpp)
set(trial ${CMAKE_BINARY_DIR}/generated/static_trial.cpp)
file(WRITE ${trial} "#include <curl/curl.h>\nint main() { return curl_easy_init() == nullptr; }\n")
try_compile(AGENTD_STATIC_WORKS ${CMAKE_BINARY_DIR}/static_trial SOURCES ${trial} ${absent}
  LINK_LIBRARIES ${files} ${script} Threads::Threads)
if(NOT AGENTD_STATIC_WORKS)
  message(STATUS "Libraries stay shared: this libcurl.a wants what Debian 12 has not")
  return()
endif()

message(STATUS "Libraries but libc are linked statically")
add_library(agentd_absent STATIC ${absent})
set_target_properties(CURL::libcurl PROPERTIES
  IMPORTED_LOCATION ${AGENTD_STATIC_curl} IMPORTED_LOCATION_RELEASE ${AGENTD_STATIC_curl})
list(REMOVE_ITEM files ${AGENTD_STATIC_curl})
target_link_libraries(CURL::libcurl INTERFACE ${files} agentd_absent ${script})
set_target_properties(SQLite::SQLite3 PROPERTIES IMPORTED_LOCATION ${AGENTD_STATIC_sqlite3})
set(SODIUM_LIBRARY ${AGENTD_STATIC_sodium})
set(AGENTD_YAML ${AGENTD_STATIC_yaml-cpp})
add_link_options(-static-libstdc++ -static-libgcc)

# Who gives the program away gives these along.
foreach(package libcurl4-openssl-dev libnghttp2-dev libpsl-dev libidn2-dev libunistring-dev libssl-dev libzstd-dev
        libbrotli-dev zlib1g-dev libsqlite3-dev libsqlitecpp-dev libsodium-dev libyaml-cpp-dev)
  set(copyright /usr/share/doc/${package}/copyright)
  if(EXISTS ${copyright})
    install(FILES ${copyright} DESTINATION ${CMAKE_INSTALL_DOCDIR}/linked RENAME ${package})
  endif()
endforeach()
