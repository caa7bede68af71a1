# Shared by the scripts beside it.

# step(COMMAND...): runs it; a failure ends the test and shows what was printed. Sets step_output.
function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT result EQUAL 0)
    string(REPLACE ";" " " command "${ARGN}")
    message(FATAL_ERROR "failed (${result}): ${command}\n${text}")
  endif()
  set(step_output "${text}" PARENT_SCOPE)
endfunction()

# failing_step(TEXT COMMAND...): the command must fail and print TEXT (blanks of any kind alike).
function(failing_step expected)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  string(REGEX REPLACE "[ \n]+" " " text "${text}")
  string(FIND "${text}" "${expected}" position)
  if(result EQUAL 0 OR position EQUAL -1)
    message(FATAL_ERROR "exit code ${result}, expected a failure that says '${expected}':\n${text}")
  endif()
endfunction()

function(expect what actual expected)
  if(NOT "${actual}" STREQUAL "${expected}")
    message(FATAL_ERROR "${what} is '${actual}', expected '${expected}'")
  endif()
endfunction()
