/** The version of everything that is ours to read and write as data: documents, lines of JSON, the SidecarCapture. */
export const API_VERSION = 'istio-init/v1';
