# What `cmake --install` puts where, and the .deb that `cpack -G DEB` makes of it.
include(GNUInstallDirs)
set(pages ${CMAKE_BINARY_DIR}/generated)

# Made of the program's own tables.
add_executable(agentd_man cli/man_page.cpp)
target_link_libraries(agentd_man PRIVATE agentd_cli)
add_custom_command(OUTPUT ${pages}/agentd.1 COMMAND agentd_man >${pages}/agentd.1 DEPENDS agentd_man)
set(made ${pages}/agentd.1)
foreach(shell bash zsh fish)
  set(script ${pages}/completion.${shell})
  add_custom_command(OUTPUT ${script} COMMAND agentd completion ${shell} >${script} DEPENDS agentd)
  list(APPEND made ${script})
endforeach()
add_custom_target(agentd_pages ALL DEPENDS ${made})

install(TARGETS agentd)
install(FILES ${pages}/agentd.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${pages}/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME agentd)
install(FILES ${pages}/completion.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _agentd)
install(FILES ${pages}/completion.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME agentd.fish)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_PACKAGE_NAME agentd)
set(CPACK_PACKAGE_CONTACT "agentd developers <developers@agentd.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "agent that goes on after any interruption")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "agentd runs an agent, a language model that calls tools, from a task
file. Every step is durable before the next one begins: after a kill, a
power cut or a time-out the same command goes on where it was, from a
terminal, cron, a Kubernetes job or AWS Lambda.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cli/package_debian.cmake)
include(CPack)
