/* The way in of the static executable: a runtime, its modules, and the program's bytecode, which qjsc -c makes of it. */
#include <quickjs-libc.h>

extern const uint8_t qjsc_program[];
extern const uint32_t qjsc_program_size;
extern JSModuleDef *js_init_module_machine(JSContext *ctx, const char *name);

/* Bytes of objects before garbage is first looked for: an ordinary run stays below, and a search takes it a tenth of its time. */
enum { FIRST_COLLECTION = 4 << 20 };

int main(int argc, char **argv)
{
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *context = runtime ? JS_NewContext(runtime) : NULL;
    if (!context) return 70;
    JS_SetGCThreshold(runtime, FIRST_COLLECTION);
    js_std_init_handlers(runtime);
    js_init_module_std(context, "std");
    js_init_module_os(context, "os");
    js_init_module_machine(context, "machine");
    js_std_add_helpers(context, argc, argv);
    js_std_eval_binary(context, qjsc_program, qjsc_program_size, 0);
    /* It ends the process itself, with its exit code; here nothing is left that it could wait for. */
    js_std_loop(context);
    return 70;
}
