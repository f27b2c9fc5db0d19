/** As the server's README says a server of many conversations is to be run. */
export const SERVER_FLAGS = ['--max-semi-space-size=64'];
