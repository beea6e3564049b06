;;; prepare.el --- what GNU Emacs Org makes of its buffer before it exports  -*- lexical-binding: t -*-
;;
;; cd components/oql/tests/prepare && emacs -Q --batch -L ORG -l prepare.el -f wb-prepare *.org
;;
;; Writes NAME.txt beside each NAME.org: includes, commented trees and macros are done, in files named babel* also
;; Babel's part. Languages that Emacs cannot evaluate are used there, so that nothing runs.

(require 'org)
(require 'ox-html)
(require 'ob-exp)

(setq inhibit-message t
      make-backup-files nil
      org-confirm-babel-evaluate nil
      org-element-use-cache nil)

(defun wb-prepared (babel)
  (let ((keywords (delq nil (mapcar (lambda (o) (and (eq (nth 4 o) 'parse) (nth 1 o)))
                                    (append (org-export-get-all-options 'html) org-export-options-alist))))
        (org-export-use-babel babel))
    (org-export-with-buffer-copy
     (org-export-expand-include-keyword)
     (org-export--delete-comment-trees)
     (org-macro-initialize-templates)
     (org-macro-replace-all org-macro-templates keywords)
     (org-set-regexps-and-options)
     (when babel
       (org-babel-exp-process-buffer)
       (org-macro-replace-all '(("results" . "$1")) keywords))
     (buffer-substring-no-properties (point-min) (point-max)))))

(defun wb-prepare ()
  (dolist (file command-line-args-left)
    (let ((text (condition-case e
                    (with-current-buffer (find-file-noselect file)
                      (wb-prepared (string-prefix-p "babel" (file-name-nondirectory file))))
                  (error (format "error: %s\n" (error-message-string e)))))
          (coding-system-for-write 'utf-8))
      (with-temp-file (concat (file-name-sans-extension file) ".txt") (insert text))))
  (setq command-line-args-left nil))
