/** Numbers of workloads as people read them. */

/** `8,312`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `8,312 workloads`, `1 workload`. */
export function workloadsText(count: number): string {
  return `${grouped(count)} workload${count === 1 ? '' : 's'}`;
}
