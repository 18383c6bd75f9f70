/* What Windows asks of a library that needs no C library: to be asked whether it may be loaded. */
#if defined(_WIN32)
int DllMainCRTStartup(void *library, unsigned reason, void *reserved);
int DllMainCRTStartup(void *library, unsigned reason, void *reserved) {
    (void)library, (void)reason, (void)reserved;
    return 1;
}
#endif
