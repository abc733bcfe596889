/** `kind[name]`, such as `file[/etc/motd]`. */
export type ResourceId = `${string}[${string}]`
