/* A module of Node's that tells how many bytes malloc has given out: there is no other way to ask from JavaScript. */
#include <malloc.h>
#include <stddef.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);

int napi_create_double(napi_env, double, napi_value *);
int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);

static napi_value in_use(napi_env env, napi_callback_info info) {
  struct mallinfo2 all = mallinfo2();
  napi_value value = NULL;
  (void)info;
  napi_create_double(env, (double)(all.uordblks + all.hblkhd), &value);
  return value;
}

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value function = NULL;
  napi_create_function(env, "inUse", (size_t)-1, in_use, NULL, &function);
  napi_set_named_property(env, exports, "inUse", function);
  return exports;
}
