/** Chai's proxies find misspelt assertions, which the compiler does; they are a third of what assertions cost. */
import { config } from "chai";

config.useProxy = false;
