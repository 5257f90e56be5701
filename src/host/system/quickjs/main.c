/* The way in of the static executable: a runtime, its modules, and the program's bytecode, which qjsc -c makes of it. */
#include "memory.h"
#include <quickjs-libc.h>
#include <string.h>

/* modules.h names the files that the program is bundled into, as static.mjs writes it. */
#define MODULE(name, code) extern const uint8_t code[]; extern const uint32_t code##_size;
#include "modules.h"
#undef MODULE
static const struct { const char *name; const uint8_t *code; const uint32_t *size; } MODULES[] = {
#define MODULE(name, code) {name, code, &code##_size},
#include "modules.h"
};

extern JSModuleDef *js_init_module_machine(JSContext *ctx, const char *name);

/* Bytes of objects before garbage is first looked for: an ordinary run stays below, and a search takes it a tenth of its time. */
enum { FIRST_COLLECTION = 4 << 20 };

/* A module that another one imports: read when it is asked for, since what an ordinary run leaves alone is most of them. */
static JSModuleDef *load(JSContext *context, const char *name, void *nothing)
{
    (void)nothing;
    for (size_t i = 0; i < sizeof MODULES / sizeof *MODULES; i++) {
        if (strcmp(MODULES[i].name, name)) continue;
        JSValue module = JS_ReadObject(context, MODULES[i].code, *MODULES[i].size, JS_READ_OBJ_BYTECODE);
        return JS_IsException(module) ? NULL : JS_VALUE_GET_PTR(module);
    }
    JS_ThrowReferenceError(context, "there is no module %s", name);
    return NULL;
}

/* importModule(name): what import() answers, of a file that stands in the table. */
static JSValue importModule(JSContext *context, JSValueConst self, int count, JSValueConst *given)
{
    (void)self;
    const char *name = count == 1 ? JS_ToCString(context, given[0]) : NULL;
    JSValue promise = name ? JS_LoadModule(context, "", name) : JS_EXCEPTION;
    JS_FreeCString(context, name);
    return promise;
}

int main(int argc, char **argv)
{
#ifdef PLAIN_MEMORY /* For a memory checker, which watches the C library's own. */
    JSRuntime *runtime = JS_NewRuntime();
#else
    JSRuntime *runtime = JS_NewRuntime2(&MEMORY, NULL);
#endif
    JSContext *context = runtime ? JS_NewContext(runtime) : NULL;
    if (!context) return 70;
    JS_SetGCThreshold(runtime, FIRST_COLLECTION);
    JS_SetModuleLoaderFunc(runtime, NULL, load, NULL);
    js_std_init_handlers(runtime);
    js_init_module_std(context, "std");
    js_init_module_os(context, "os");
    js_init_module_machine(context, "machine");
    js_std_add_helpers(context, argc, argv);
    JSValue global = JS_GetGlobalObject(context);
    JS_SetPropertyStr(context, global, "importModule", JS_NewCFunction(context, importModule, "importModule", 1));
    JS_FreeValue(context, global);
    js_std_eval_binary(context, qjsc_program, qjsc_program_size, 0);
    /* It ends the process itself, with its exit code; here nothing is left that it could wait for. */
    js_std_loop(context);
    return 70;
}
