/*
 * quote: words of a command that a person is going to paste into a shell.
 */
#pragma once

/*
 * The word as a shell reads it: as it is when it is plain, else in single quotes, in which nothing has a meaning but their own end
 * (POSIX.1, XCU 2.2.2). On the heap; the caller frees it.
 */
char *quote_word(const char *word);
