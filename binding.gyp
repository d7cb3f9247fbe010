# The addon. The core's own build, with its tests, benchmarks and sanitizers, is CMakeLists.txt;
# both read native/sources.txt. On Windows there is no build yet: the core's Env is POSIX.
{
  'variables': {
    # Set by scripts/build-native.mjs where the compiler is known; a stranger's compiler may warn of more.
    'warnings_as_errors%': 0,
    # Compiled from the folder build/, so the path starts one up. -isystem: our warnings are not theirs.
    'node_addon_api': '../<!(node -p "require(\'node-addon-api\').include_dir")',
    'warnings': ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wconversion'],
  },
  'targets': [
    {
      'target_name': 'daybook',
      'sources': ['<!@(node scripts/list-sources.mjs)'],
      'include_dirs': ['native/include', 'native'],
      'defines': [
        # 8 is in every Node from 12.22 on: one binary serves them all.
        'NAPI_VERSION=8',
        # Exceptions stay on, and each entry point turns a std::exception (std::bad_alloc) into a JavaScript
        # error; without them a failed allocation would end the process of whoever embeds the log.
        'NODE_ADDON_API_CPP_EXCEPTIONS_ALL',
        # A worker that is being terminated may refuse any call; that must not abort the process.
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      ],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': [
        '-std=c++20',
        '-fvisibility=hidden',
        '-fvisibility-inlines-hidden',
        '-fstack-protector-strong',
        '<@(warnings)',
        '-isystem <(node_addon_api)',
      ],
      'conditions': [
        ['warnings_as_errors==1', { 'cflags_cc': ['-Werror'] }],
        [
          'OS=="linux"',
          {
            # The same bytes whatever the folder of the build.
            'cflags_cc': ['-fno-gnu-unique', '-ffile-prefix-map=../='],
            'defines': ['_GNU_SOURCE'],
            'libraries': ['-pthread'],
            'ldflags': [
              # The C++ library goes in, unseen from outside: the binary runs on systems with an older one.
              # Not so libgcc: Node itself needs the shared one, and a static one asks for a newer C library.
              '-static-libstdc++',
              '-Wl,--exclude-libs,ALL',
              # Node unloads an addon with the last environment that loaded it, under the feet of our threads.
              '-Wl,-z,nodelete',
              '-Wl,-z,relro',
              '-Wl,-z,now',
              '-Wl,-z,noexecstack',
              '-Wl,--gc-sections',
            ],
          },
        ],
        [
          'OS=="mac"',
          {
            'xcode_settings': {
              'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
              'CLANG_CXX_LIBRARY': 'libc++',
              'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
              'GCC_ENABLE_CPP_RTTI': 'YES',
              'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
              'MACOSX_DEPLOYMENT_TARGET': '11.0',
              'OTHER_CPLUSPLUSFLAGS': ['-fstack-protector-strong', '<@(warnings)', '-isystem <(node_addon_api)'],
              'DEAD_CODE_STRIPPING': 'YES',
            },
          },
        ],
      ],
      'configurations': {
        'Release': {
          'cflags!': ['-O3'],
          'cflags': ['-O2', '-ffunction-sections', '-fdata-sections'],
          # Debian and others define it in their compilers, at another level.
          'cflags_cc': ['-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2'],
        },
        'Debug': {
          'defines': ['_GLIBCXX_ASSERTIONS'],
        },
      },
    },
  ],
}
