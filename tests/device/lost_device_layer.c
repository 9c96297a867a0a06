/* A Vulkan layer that loses the device. What it does is in the environment variable SWATH_TEST_LOSE:
 *   submit:N  from the N-th submission on, submissions are refused: the device is lost
 *   wait:N    from the N-th submission on, whoever asks whether the device is done hears that it is lost
 *   drop:N    the N-th submission is reported as done, and its commands are never run
 *   count:0   nothing is lost
 * The number of submissions is written to the file that SWATH_TEST_SUBMISSIONS names.
 *
 * The types are those of vulkan_core.h and vk_layer.h, as far as they are used here, for a machine of 64 bits. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*Function)(void);
typedef Function (*GetProcAddr)(void *object, const char *name);

enum { SUCCESS = 0, DEVICE_LOST = -4, INSTANCE_LINK = 47, DEVICE_LINK = 48, LINK_INFO = 0 };

typedef struct Link { struct Link *next; GetProcAddr instance_proc, device_or_physical_proc; } Link;
typedef struct CreateInfo { int32_t type; struct CreateInfo *next; int32_t function; Link *link; } CreateInfo;
typedef struct SubmitInfo {
    int32_t type; const void *next;
    uint32_t waits; const void *wait_semaphores; const void *wait_stages;
    uint32_t commands; const void *command_buffers;
    uint32_t signals; const void *signal_semaphores;
} SubmitInfo;
typedef struct Negotiation { int32_t type; void *next; uint32_t version; GetProcAddr instance_proc, device_proc, physical_proc; } Negotiation;

static GetProcAddr next_instance_proc, next_device_proc;
static int32_t (*next_submit)(void *, uint32_t, const SubmitInfo *, uint64_t);
static int32_t (*next_wait)(void *, const void *, uint64_t);
static int32_t (*next_value)(void *, uint64_t, uint64_t *);
static long submissions;

static int mode_is(const char *mode) {
    const char *asked = getenv("SWATH_TEST_LOSE");
    return asked && strncmp(asked, mode, strlen(mode)) == 0;
}

static long chosen(void) { return atol(strchr(getenv("SWATH_TEST_LOSE"), ':') + 1); }

static void count_submission(void) {
    const char *path = getenv("SWATH_TEST_SUBMISSIONS");
    FILE *file = path ? fopen(path, "w") : NULL;
    submissions++;
    if (file) { fprintf(file, "%ld", submissions); fclose(file); }
}

static int32_t submit(void *queue, uint32_t count, const SubmitInfo *infos, uint64_t fence) {
    count_submission();
    if (mode_is("submit") && submissions >= chosen()) return DEVICE_LOST;
    if (mode_is("drop") && submissions == chosen() && count == 1) {
        SubmitInfo empty = infos[0];
        empty.commands = 0;
        return next_submit(queue, 1, &empty, fence);
    }
    return next_submit(queue, count, infos, fence);
}

static int is_lost(void) { return mode_is("wait") && submissions >= chosen(); }

static int32_t wait_semaphores(void *device, const void *info, uint64_t timeout) {
    return is_lost() ? DEVICE_LOST : next_wait(device, info, timeout);
}

static int32_t semaphore_value(void *device, uint64_t semaphore, uint64_t *value) {
    return is_lost() ? DEVICE_LOST : next_value(device, semaphore, value);
}

static Link *take_link(CreateInfo *info, int32_t type) {
    for (info = info->next; info; info = info->next)
        if (info->type == type && info->function == LINK_INFO) {
            Link *link = info->link;
            info->link = link->next;
            return link;
        }
    return NULL;
}

static int32_t create_instance(CreateInfo *info, const void *allocator, void **instance) {
    Link *link = take_link(info, INSTANCE_LINK);
    next_instance_proc = link->instance_proc;
    return ((int32_t(*)(CreateInfo *, const void *, void **))next_instance_proc(NULL, "vkCreateInstance"))(info, allocator, instance);
}

static int32_t create_device(void *adapter, CreateInfo *info, const void *allocator, void **device) {
    Link *link = take_link(info, DEVICE_LINK);
    int32_t (*create)(void *, CreateInfo *, const void *, void **);
    create = (int32_t(*)(void *, CreateInfo *, const void *, void **))link->instance_proc(NULL, "vkCreateDevice");
    next_device_proc = link->device_or_physical_proc;
    int32_t created = create(adapter, info, allocator, device);
    if (created == SUCCESS) {
        next_submit = (int32_t(*)(void *, uint32_t, const SubmitInfo *, uint64_t))next_device_proc(*device, "vkQueueSubmit");
        next_wait = (int32_t(*)(void *, const void *, uint64_t))next_device_proc(*device, "vkWaitSemaphores");
        next_value = (int32_t(*)(void *, uint64_t, uint64_t *))next_device_proc(*device, "vkGetSemaphoreCounterValue");
    }
    return created;
}

static Function device_proc(void *device, const char *name);
static Function instance_proc(void *instance, const char *name);

static Function ours(const char *name) {
    static const struct { const char *name; Function function; } functions[] = {
        {"vkCreateInstance", (Function)create_instance}, {"vkCreateDevice", (Function)create_device},
        {"vkGetInstanceProcAddr", (Function)instance_proc}, {"vkGetDeviceProcAddr", (Function)device_proc},
        {"vkQueueSubmit", (Function)submit}, {"vkWaitSemaphores", (Function)wait_semaphores},
        {"vkWaitSemaphoresKHR", (Function)wait_semaphores}, {"vkGetSemaphoreCounterValue", (Function)semaphore_value},
        {"vkGetSemaphoreCounterValueKHR", (Function)semaphore_value},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].name, name) == 0) return functions[i].function;
    return NULL;
}

static Function device_proc(void *device, const char *name) {
    Function function = ours(name);
    return function ? function : next_device_proc(device, name);
}

static Function instance_proc(void *instance, const char *name) {
    Function function = ours(name);
    return function ? function : next_instance_proc(instance, name);
}

int32_t vkNegotiateLoaderLayerInterfaceVersion(Negotiation *negotiation) {
    negotiation->version = 2;
    negotiation->instance_proc = instance_proc;
    negotiation->device_proc = device_proc;
    negotiation->physical_proc = NULL;
    return SUCCESS;
}
