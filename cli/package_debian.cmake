# Before a package is made: what Debian asks of one. Other installations stay as they are.
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
file(RENAME ${share}/doc/agentd/CHANGELOG.md ${share}/doc/agentd/changelog)
execute_process(COMMAND gzip -9n ${share}/man/man1/agentd.1 ${share}/doc/agentd/changelog COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${share}/lintian/overrides/agentd "# One file that runs elsewhere is the point of this package.\nagentd: embedded-library *\n")
