package dev.carillon.cli.dev;

import dev.carillon.extension.Development.Problem;

/** Why an application could not be started, with the line of its code that failed. */
final class StartProblem {
    private StartProblem() {}

    static Problem of(Throwable failure, AppClassLoader loader) {
        Throwable cause = failure;
        while (cause.getCause() != null && isWrapper(cause)) {
            cause = cause.getCause();
        }
        for (StackTraceElement frame : cause.getStackTrace()) {
            String file = frame.getFileName();
            if (file != null && loader.has(frame.getClassName())) {
                return new Problem(file, Math.max(0, frame.getLineNumber()), String.valueOf(cause), "");
            }
        }
        return new Problem("", 0, String.valueOf(cause), "");
    }

    private static boolean isWrapper(Throwable e) {
        return e instanceof ExceptionInInitializerError || e instanceof ApplicationFailure;
    }

    /** An error of the application at its start, which the node can handle. */
    static final class ApplicationFailure extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        ApplicationFailure(Throwable cause) {
            super(cause);
        }
    }
}
